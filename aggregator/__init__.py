"""The server behind the operations centre: ingest, stores, API and console in one process or several."""
