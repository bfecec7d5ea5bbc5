"""The console: a technician, a cable, plain lines in French or English."""
