# what: git: commits, repack and fsck with two threads
# package: git
# needs: git
git init -q repo
cd repo || exit
for i in $(seq 40); do
        head -c $((20000 * i)) "$REAL_TEXT" | tail -c 20000 >"file$i"
        git add "file$i"
done
export GIT_AUTHOR_DATE='2020-01-01 00:00:00 +0000' GIT_COMMITTER_DATE='2020-01-01 00:00:00 +0000'
git -c user.name=a -c user.email=a@b commit -q -m one
run sh -c 'git -c pack.threads=2 repack -a -d -q && git fsck --no-progress && git -c index.threads=2 status --short && git grep --threads 2 -c abc | sort'
git rev-parse HEAD
