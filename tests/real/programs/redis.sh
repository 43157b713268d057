# what: redis-server with two I/O threads, under redis-benchmark
# package: redis-server redis-tools
# needs: redis-server redis-benchmark redis-cli
# suite: quick
run redis-server --port 0 --unixsocket "$PWD/socket" --io-threads 2 --io-threads-do-reads yes --save '' >server.log &
until_it_works redis-cli -s "$PWD/socket" ping
redis-benchmark -s "$PWD/socket" -n 40000 -c 32 -P 8 -t set,get --csv >figures
answers=$(awk -F'"' '/SET|GET/ { sum += $4 } END { print sum / 2 }' figures)
rate "$answers"
redis-cli -s "$PWD/socket" dbsize
redis-cli -s "$PWD/socket" shutdown nosave
wait
