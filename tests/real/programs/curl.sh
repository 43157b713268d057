# what: curl --parallel, a hundred files (a resolver thread each)
# package: curl
# needs: curl python3
/usr/bin/python3 -c 'import http.server, socketserver, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(self.path.encode() * 100)
    def log_message(self, *words): pass
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer): daemon_threads, request_queue_size = True, 200
server = Server(("localhost", 0), Handler); print(server.server_port, file=open("port", "w"), flush=True); server.serve_forever()' &
server=$!
until_it_works grep -q . port
run curl -s --parallel "http://localhost:$(cat port)/[1-100]" -o 'got_#1'
cat got_* | sha256sum
kill $server
