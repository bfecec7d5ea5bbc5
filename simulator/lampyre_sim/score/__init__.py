"""`lampyre-sim score`: what the models would have foreseen on recorded counts and fill levels, and how well."""
