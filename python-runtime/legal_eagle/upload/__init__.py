"""Uploads to hubs: private first, one commit, checked afterwards. Runs without torch."""
