# what: Perl threads with shared variables and a queue
# package: perl
# needs: perl
run perl -Mthreads -Mthreads::shared -MThread::Queue -e '
        my $queue = Thread::Queue->new; my $sum :shared = 0;
        my @workers = map { threads->create(sub { while (defined(my $n = $queue->dequeue)) { lock($sum); $sum += $n } }) } 1 .. 3;
        $queue->enqueue($_) for 1 .. 2000; $queue->end; $_->join for @workers; print "$sum\n"'
