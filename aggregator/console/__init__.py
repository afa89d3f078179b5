"""The operators' page: signed in, live, in Vietnamese and English."""
