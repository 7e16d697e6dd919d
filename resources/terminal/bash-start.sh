# Read by the studio's terminal in place of ~/.bashrc.
if [ -r "$HOME/.bashrc" ]; then . "$HOME/.bashrc"; fi
if [ -n "${LEGAL_EAGLE_PYTHON_FOLDER-}" ]; then PATH="$LEGAL_EAGLE_PYTHON_FOLDER:$PATH"; hash -r; fi
