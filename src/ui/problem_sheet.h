/* Problem sheets on segmentation, with the settings of OSTEP's homework. */
#ifndef HS_UI_PROBLEM_SHEET_H
#define HS_UI_PROBLEM_SHEET_H

/* `heapscope --ostep-segmentation ...`: arguments from that option on. Returns an exit status. */
int hs_problem_sheet(int argc, char **argv);

#endif
