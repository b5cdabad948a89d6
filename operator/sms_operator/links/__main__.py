"""`python -m sms_operator.links` is `sms-operator links`."""

from .app import main

main()
