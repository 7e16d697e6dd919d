"""Models from the hubs: listings, files with resume and hashes, the folder that appears when all is there."""
