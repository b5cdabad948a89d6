"""`python -m sms_operator` is `sms-operator`."""

from sms_operator.cli.operator import main

main()
