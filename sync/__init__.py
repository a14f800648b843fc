"""Delivery of the ledger to the centre: topics, wire types, publisher, inbound, courier."""
