/* heapscope convert: a trace from one format into another. */
#ifndef HS_UI_CONVERT_H
#define HS_UI_CONVERT_H

int hs_convert(int argc, char **argv);

#endif
