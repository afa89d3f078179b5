"""Where things are and whose they are: areas, agencies, sites and cameras, as dated records."""
