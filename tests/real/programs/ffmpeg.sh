# what: ffmpeg, 4 s of a test picture to H.264 with 4 threads
# package: ffmpeg
# needs: ffmpeg
run ffmpeg -v error -f lavfi -i testsrc=duration=4:size=640x360:rate=25 -threads 4 -c:v libx264 -preset fast -f framemd5 -
