"""Channels as files: CSV, XLSX, YAML, an encrypted archive of them; and back.

Everything streams: what is written and what is read is never in memory as a whole. Nothing here knows a cluster.
"""
