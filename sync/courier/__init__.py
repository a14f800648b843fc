"""The USB courier: the second transport of the ledger to the centre (docs/courier.md)."""
