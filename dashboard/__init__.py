"""The four perspectives and the pipeline's health in a browser: gold's Delta tables, read without Spark."""
