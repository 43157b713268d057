#include "panes/event_model.h"

struct _HeddleEventRow {
        GObject parent;
        uint64_t id;
};

G_DEFINE_FINAL_TYPE(HeddleEventRow, heddle_event_row, G_TYPE_OBJECT)

static void heddle_event_row_class_init(HeddleEventRowClass *class) {
}

static void heddle_event_row_init(HeddleEventRow *row) {
}

uint64_t heddle_event_row_id(HeddleEventRow *row) {
        return row->id;
}

struct _HeddleEventModel {
        GObject parent;
        HeddleFocus *focus;
        guint n;
};

static GType model_item_type(GListModel *list) {
        return HEDDLE_TYPE_EVENT_ROW;
}

static guint model_n_items(GListModel *list) {
        return HEDDLE_EVENT_MODEL(list)->n;
}

static void *model_item(GListModel *list, guint position) {
        HeddleEventRow *row;

        if (position >= HEDDLE_EVENT_MODEL(list)->n)
                return NULL;
        row = g_object_new(HEDDLE_TYPE_EVENT_ROW, NULL);
        row->id = (uint64_t) position + 1;
        return row;
}

static void init_list_model(GListModelInterface *interface) {
        interface->get_item_type = model_item_type;
        interface->get_n_items = model_n_items;
        interface->get_item = model_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE(HeddleEventModel, heddle_event_model, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, init_list_model))

static void heddle_event_model_dispose(GObject *object) {
        g_clear_object(&HEDDLE_EVENT_MODEL(object)->focus);
        G_OBJECT_CLASS(heddle_event_model_parent_class)->dispose(object);
}

static void heddle_event_model_class_init(HeddleEventModelClass *class) {
        G_OBJECT_CLASS(class)->dispose = heddle_event_model_dispose;
}

static void heddle_event_model_init(HeddleEventModel *model) {
}

void heddle_event_model_reset(HeddleEventModel *model) {
        const struct trace *trace = heddle_focus_trace(model->focus);
        guint before = model->n;

        model->n = trace ? (guint) MIN(trace->n_events, (uint64_t) G_MAXUINT - 1) : 0;
        g_list_model_items_changed(G_LIST_MODEL(model), 0, before, model->n);
}

HeddleEventModel *heddle_event_model_new(HeddleFocus *focus) {
        HeddleEventModel *model = g_object_new(HEDDLE_TYPE_EVENT_MODEL, NULL);

        model->focus = g_object_ref(focus);
        return model;
}
