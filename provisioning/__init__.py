"""The technician's tool: set up nodes and servers. Imports the wire contract, never an application."""
