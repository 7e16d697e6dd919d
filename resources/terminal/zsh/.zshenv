# Read by the studio's terminal in place of ~/.zshenv.
if [[ -r "$HOME/.zshenv" ]]; then . "$HOME/.zshenv"; fi
