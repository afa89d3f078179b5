"""The broker between nodes and aggregator: who may connect, what each may say and hear, and its process.

Pure: accounts, nats_config, mosquitto_files, violations. Shells: credentials (files), nats_server (process),
nats_monitor and nats_queue (its loopback interfaces), embedded_nats and external_mosquitto (the two brokers).
"""
