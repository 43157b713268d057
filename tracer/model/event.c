#include "model/event.h"

#include <string.h>

static const struct event_info infos[256] = {
#define EVENT(code, id, name, phrase, effect, order) [code] = { name, phrase, EFFECT_##effect, ORDER_##order },
#define META(code, id)
#include "wire/events.def"
#undef EVENT
#undef META
};

static const struct {
        const char *name, *words;
} objects[16] = {
#define OBJECT(code, id, name, words) [code] = { name, words },
#include "wire/objects.def"
#undef OBJECT
};

const struct event_info *event_info(unsigned kind) {
        return &infos[kind < 256 ? kind : 0];
}

unsigned event_kind_from_name(const char *name) {
        for (unsigned kind = 0; kind < 256; kind++)
                if (infos[kind].name && strcmp(infos[kind].name, name) == 0)
                        return kind;
        return 0;
}

const char *object_kind_name(unsigned kind) {
        return kind < 16 && objects[kind].name ? objects[kind].name : "object";
}

const char *object_kind_words(unsigned kind) {
        return kind < 16 && objects[kind].words ? objects[kind].words : "object";
}

unsigned object_kind_from_name(const char *name) {
        for (unsigned kind = 0; kind < 16; kind++)
                if (objects[kind].name && strcmp(objects[kind].name, name) == 0)
                        return kind;
        return OBJECT_NONE;
}

bool object_kind_is_known(unsigned kind) {
        return kind < 16 && objects[kind].name;
}
