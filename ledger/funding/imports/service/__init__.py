"""Commands on payment files: uploading, reading, sending, approving and posting them."""
