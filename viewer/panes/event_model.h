/* The events of a trace as a GListModel whose items are made when they are asked for, and only then: a list of ten
 * million events is a number until somebody scrolls to them. */
#pragma once

#include <gio/gio.h>

#include "focus.h"

#define HEDDLE_TYPE_EVENT_ROW (heddle_event_row_get_type())
G_DECLARE_FINAL_TYPE(HeddleEventRow, heddle_event_row, HEDDLE, EVENT_ROW, GObject)

#define HEDDLE_TYPE_EVENT_MODEL (heddle_event_model_get_type())
G_DECLARE_FINAL_TYPE(HeddleEventModel, heddle_event_model, HEDDLE, EVENT_MODEL, GObject)

HeddleEventModel *heddle_event_model_new(HeddleFocus *focus);
/* Another trace is open. */
void heddle_event_model_reset(HeddleEventModel *model);
/* The number of the row's event, from 1. */
uint64_t heddle_event_row_id(HeddleEventRow *row);
