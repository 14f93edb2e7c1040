#!/bin/sh
# Downloads PACKAGE_URI and compares it with PACKAGE_SHA256; ends with 1, and so ends the deployment, when it is another file.
set -eu
file="$(mktemp)"
curl --fail --silent --show-error --location --proto-redir =https --retry 3 --output "$file" "$PACKAGE_URI"
found="$(sha256sum "$file" | cut -d ' ' -f 1)"
rm -f "$file"
if [ "$found" != "$PACKAGE_SHA256" ]; then
  echo "The package at $PACKAGE_URI has the SHA-256 $found and not $PACKAGE_SHA256: nothing is installed." >&2
  exit 1
fi
echo "The package has the SHA-256 $found."
