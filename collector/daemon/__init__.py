"""The collector as a service: schedule, leadership, shutdown, health and metrics."""
