/* The style sheet: made from the palette, and made anew when the desktop turns dark or light. */
#pragma once

void style_start(void);
