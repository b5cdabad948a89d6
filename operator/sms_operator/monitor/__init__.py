"""The Gateway Monitoring page: a loopback web server that shows, and does, what its caller may with kubectl."""
