"""Sync: parcels to the city, commands from it."""
