# what: openssl speed -multi 2 (processes)
# package: openssl
# needs: openssl
run openssl speed -multi 2 -seconds 1 -bytes 1024 sha256 >figures 2>&1
grep -c sha256 figures
