"""The caller's side: the FastAGI server, the conversations, and the script that steps in when the server is away."""
