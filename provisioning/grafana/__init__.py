"""Dashboards as code, their committed JSON, and what puts them into a Grafana server.

The code of the dashboards needs grafana-foundation-sdk (extra `dev`); what is shipped and sent is the
JSON in `json/`, which a test holds in step with the code.
"""
