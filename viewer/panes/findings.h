/* On the left: what is wrong, each finding one sentence, and what was looked for. */
#pragma once

#include <gtk/gtk.h>

#include "focus.h"

#define HEDDLE_TYPE_FINDINGS (heddle_findings_get_type())
G_DECLARE_FINAL_TYPE(HeddleFindings, heddle_findings, HEDDLE, FINDINGS, GtkBox)

GtkWidget *heddle_findings_new(HeddleFocus *focus);
