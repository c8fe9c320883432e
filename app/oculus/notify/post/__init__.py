"""HTTP and SMTP for channels: handing over, and what the answers mean."""
