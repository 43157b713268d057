#include "store/locations.h"

#include <errno.h>
#include <stdlib.h>

#include "store/hash.h"

void locations_finish(struct locations *locations) {
        free(locations->numbers);
        *locations = (struct locations){ 0 };
}

static struct location_number number_of(const struct frame *frame) {
        uint64_t hash = mix(mix(0, frame->address), frame->line);

        hash = mix_text(mix_text(mix_text(hash, frame->function), frame->file), frame->module);
        return (struct location_number){ .hash = hash, .address = frame->address, .line = frame->line };
}

/* Where this one is, or would be. */
static struct location_number *find(const struct locations *locations, const struct location_number *wanted) {
        uint32_t at = (uint32_t) wanted->hash & (locations->size - 1);

        for (;; at = (at + 1) & (locations->size - 1)) {
                struct location_number *number = &locations->numbers[at];

                if (number->id == 0 || (number->hash == wanted->hash && number->address == wanted->address &&
                                        number->line == wanted->line))
                        return number;
        }
}

/* Keeps half of the places free. */
static int reserve(struct locations *locations) {
        struct locations larger = { .n = locations->n, .size = locations->size ? locations->size * 2 : 256 };

        if (locations->n < locations->size / 2)
                return 0;
        larger.numbers = calloc(larger.size, sizeof(*larger.numbers));
        if (!larger.numbers)
                return -ENOMEM;
        for (uint32_t i = 0; i < locations->size; i++)
                if (locations->numbers[i].id)
                        *find(&larger, &locations->numbers[i]) = locations->numbers[i];
        free(locations->numbers);
        *locations = larger;
        return 0;
}

int locations_number(struct locations *locations, const struct frame *frame, bool *ret_is_new) {
        struct location_number wanted = number_of(frame), *number;
        int r = reserve(locations);

        if (r < 0)
                return r;
        number = find(locations, &wanted);
        *ret_is_new = number->id == 0;
        if (number->id == 0) {
                wanted.id = ++locations->n;
                *number = wanted;
        }
        return (int) number->id;
}
