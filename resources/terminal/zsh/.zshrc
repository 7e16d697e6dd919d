# Read by the studio's terminal in place of ~/.zshrc.
unset ZDOTDIR
HISTFILE="$HOME/.zsh_history"
if [[ -r "$HOME/.zshrc" ]]; then . "$HOME/.zshrc"; fi
if [[ -n "${LEGAL_EAGLE_PYTHON_FOLDER-}" ]]; then path=("$LEGAL_EAGLE_PYTHON_FOLDER" $path); rehash; fi
