"""Codecs without a device: bytes to values and back."""
