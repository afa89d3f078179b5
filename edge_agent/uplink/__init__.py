"""From the outbox to the broker, and acknowledgements back.

`endpoint`, `batching`, `resend` and `status` are pure; `connection` is one MQTT connection; `publisher` is
the thread that owns it and decides by the pure parts.
"""
