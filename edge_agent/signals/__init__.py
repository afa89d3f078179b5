"""What controllers of traffic signals say, over MQTT or HTTP: owned threads, and the newest word only."""
