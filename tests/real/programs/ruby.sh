# what: Ruby: threads, a queue, a mutex
# package: ruby
# needs: ruby
run ruby -e '
        queue, sum, lock = SizedQueue.new(8), 0, Mutex.new
        workers = 3.times.map { Thread.new { while (n = queue.pop) != :end; lock.synchronize { sum += n } end } }
        2000.times { |n| queue << n }
        3.times { queue << :end }
        workers.each(&:join)
        puts sum'
