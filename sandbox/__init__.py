"""What stands in for Azure on one machine: a Kafka broker, Spark with Delta, the demo and the live loop."""
