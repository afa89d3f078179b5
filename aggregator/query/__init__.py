"""InfluxQL over HTTP, as InfluxDB 1.x serves it: what Grafana's built-in datasource asks."""
