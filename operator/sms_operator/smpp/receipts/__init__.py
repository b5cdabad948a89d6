"""Delivery receipts: what they say, and which message they speak of."""
