"""The control plane: watches feed the World, woken keys are reconciled, differences are written.

Everything here is shell: it decides nothing that `core` could decide.
"""
