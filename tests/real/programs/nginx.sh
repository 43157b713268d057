# what: nginx with a pool of threads, a hundred files by curl --parallel
# package: nginx curl
# needs: nginx curl
mkdir files
for i in $(seq 100); do head -c 20000 "$REAL_TEXT" | tail -c 5000 >"files/$i"; done
cat >nginx.conf <<END
daemon off; worker_processes 2; pid $PWD/pid; error_log $PWD/error.log;
events { worker_connections 64; }
http { access_log off; aio threads; client_body_temp_path $PWD/1; proxy_temp_path $PWD/2; fastcgi_temp_path $PWD/3; uwsgi_temp_path $PWD/4; scgi_temp_path $PWD/5;
       server { listen unix:$PWD/socket; root $PWD/files; } }
END
run_as_user nginx -c "$PWD/nginx.conf" -e "$PWD/error.log" &
until_it_works curl -s --unix-socket "$PWD/socket" http://x/1
curl -s --parallel --unix-socket "$PWD/socket" 'http://x/[1-100]' -o 'got_#1'
cat got_* | sha256sum
kill -QUIT "$(cat pid)"
wait
