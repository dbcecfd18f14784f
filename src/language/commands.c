/* SPDX-License-Identifier: MIT */
/* The command table: each command declared once, with its parameters and its help. */
#include "language/commands.h"

#include "language/demos.h"
#include "language/homework.h"
#include "language/lecture.h"
#include "language/predict.h"
#include "language/quiz.h"
#include "language/words.h"
#include "view/pictures.h"
#include "view/segments.h"
#include "view/shape.h"

#include <stdio.h>
#include <string.h>

#define SIZE(name)                                                                                 \
    {                                                                                              \
        .kind = HS_PARAMETER_SIZE, .label = name, .needs = HS_CAN_ASK                              \
    }
#define POINTER                                                                                    \
    {                                                                                              \
        .kind = HS_PARAMETER_POINTER, .label = "PTR", .needs = HS_CAN_ASK                          \
    }
#define TEXT                                                                                       \
    {                                                                                              \
        .kind = HS_PARAMETER_TEXT, .label = "TEXT", .needs = HS_CAN_ASK                            \
    }
#define LANE(name, is_optional)                                                                    \
    {                                                                                              \
        .kind = HS_PARAMETER_LANE, .label = name, .optional = is_optional, .needs = HS_CAN_ASK     \
    }
#define REPLAY                                                                                     \
    {                                                                                              \
        .kind = HS_PARAMETER_FLAG, .label = "replay", .keyword = "replay", .optional = true,       \
        .needs = HS_CAN_ASK                                                                        \
    }

static const hs_command commands[] = {
    {.name = "malloc",
     .group = "Requests",
     .summary = "a block of at least N bytes",
     .details =
         "The pointer gets the next name p1, p2, ..., or one of yours: a = malloc 24.\n"
         "malloc 0 returns a block of its own. NULL means that the heap may not grow any further.",
     .parameters = {SIZE("N")},
     .flags = HS_MAKES_POINTER,
     .needs = HS_CAN_ASK,
     .run = hs_run_malloc},
    {.name = "calloc",
     .group = "Requests",
     .summary = "N times SIZE bytes, all zero",
     .parameters = {SIZE("N"), SIZE("SIZE")},
     .flags = HS_MAKES_POINTER,
     .needs = HS_CAN_ASK,
     .run = hs_run_calloc},
    {.name = "realloc",
     .group = "Requests",
     .summary = "resize a block, in place when it can be",
     .details =
         "PTR keeps its name. When the block has to move, its bytes are copied; the alignment that\n"
         "aligned_alloc gave it is lost then, but for that of the allocator.\n"
         "realloc NULL N is malloc N; realloc PTR 0 frees PTR. If NULL comes back, PTR is as before.",
     .parameters = {POINTER, SIZE("N")},
     .flags = HS_MAKES_POINTER,
     .needs = HS_CAN_ASK,
     .run = hs_run_realloc},
    {.name = "free",
     .group = "Requests",
     .summary = "give a block back",
     .details =
         "free NULL does nothing. A pointer freed twice, or one that is no\n"
         "block's start, is refused; after `set misuse allow` it goes to the allocator as in C.",
     .parameters = {POINTER},
     .needs = HS_CAN_ASK,
     .run = hs_run_free},
    {.name = "aligned_alloc",
     .group = "Requests",
     .summary = "N bytes at a multiple of A, a power of two",
     .parameters = {SIZE("A"), SIZE("N")},
     .flags = HS_MAKES_POINTER,
     .needs = HS_CAN_ASK,
     .run = hs_run_aligned_alloc},

    {.name = "ops",
     .group = "Requests",
     .summary = "requests as the OSTEP homework writes them: +10,+10,-0,+5",
     .details =
         "+SIZE allocates for the next index, from 0 on; -INDEX frees. Index 3 is ptr3 to other commands.\n"
         "The answers are the homework's: the address, the blocks examined, the free list after it.",
     .parameters = {{.kind = HS_PARAMETER_TEXT, .label = "LIST", .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_ops},

    {.name = "homework",
     .group = "Requests",
     .summary = "the random operations that the OSTEP homework has for a seed",
     .details =
         "N of them (10), the same as there for the same seed (0): sizes up to M (10), and P of 100 (50)\n"
         "are allocations. `heapscope --ostep` sets up the heap and the options for it.",
     .parameters = {{.kind = HS_PARAMETER_SIZE,
                     .label = "S",
                     .keyword = "seed",
                     .optional = true,
                     .needs = HS_CAN_ASK},
                    {.kind = HS_PARAMETER_SIZE,
                     .label = "N",
                     .keyword = "n",
                     .optional = true,
                     .needs = HS_CAN_ASK},
                    {.kind = HS_PARAMETER_SIZE,
                     .label = "M",
                     .keyword = "range",
                     .optional = true,
                     .needs = HS_CAN_ASK},
                    {.kind = HS_PARAMETER_SIZE,
                     .label = "P",
                     .keyword = "percent",
                     .optional = true,
                     .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_homework},

    {.name = "write",
     .group = "Bytes",
     .summary = "write through a pointer, as the program would",
     .details = "write p1 \"text\"      the text's bytes; \\n \\t \\0 \\xHH are known\n"
                "write p1 'A'*24      a byte, 24 times\n"
                "write p1+8 0xff*8    also beyond the block: what lies there is overwritten",
     .parameters = {POINTER, {.kind = HS_PARAMETER_BYTES, .label = "BYTES", .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_write},
    {.name = "read",
     .group = "Bytes",
     .summary = "the bytes at a pointer, in hex and as text",
     .details = "Without N: the whole block.",
     .parameters =
         {POINTER,
          {.kind = HS_PARAMETER_SIZE, .label = "N", .optional = true, .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_read},
    {.name = "inspect",
     .group = "Bytes",
     .summary = "what lies at an address: its block, its role, its header",
     .parameters = {POINTER},
     .needs = HS_CAN_ASK,
     .run = hs_run_inspect},

    {.name = "map",
     .group = "Pictures",
     .needs = HS_CAN_ASK,
     .picture = &hs_picture_map,
     .run = hs_run_picture},
    {.name = "blocks",
     .group = "Pictures",
     .needs = HS_CAN_ASK,
     .picture = &hs_picture_blocks,
     .run = hs_run_picture},
    {.name = "free-list",
     .group = "Pictures",
     .details =
         "One list head first, lists by size, a grid with its bitmap, a tree, buddies over the heap, slabs:\n"
         "as the allocator keeps them. A link that leads astray is shown. Without lists: in heap order.",
     .needs = HS_CAN_ASK,
     .picture = &hs_picture_free_list,
     .run = hs_run_picture},
    {.name = "stats",
     .group = "Pictures",
     .needs = HS_CAN_ASK,
     .picture = &hs_picture_stats,
     .run = hs_run_picture},
    {.name = "plot",
     .group = "Pictures",
     .details =
         "Time is counted in requests since the heap was fresh; utilization is live / heap size at each\n"
         "point. Where many requests share a dot, it shows the largest value.",
     .needs = HS_CAN_ASK,
     .picture = &hs_picture_plot,
     .run = hs_run_picture},
    {.name = "shape",
     .group = "Pictures",
     .details =
         "A cell is so many commands by so many bytes, and says of which size most of what lives in it is,\n"
         "and whether at least half of it is live. FROM and TO are commands; N bytes from PTR on. The finer\n"
         "the window, the nearer it is to exact. In the full screen + and - zoom, arrows move, and Enter\n"
         "goes to that moment.",
     .parameters = {{.kind = HS_PARAMETER_SIZE,
                     .label = "FROM",
                     .keyword = "from",
                     .optional = true,
                     .needs = HS_CAN_ASK},
                    {.kind = HS_PARAMETER_SIZE,
                     .label = "TO",
                     .keyword = "to",
                     .optional = true,
                     .needs = HS_CAN_ASK},
                    {.kind = HS_PARAMETER_POINTER,
                     .label = "PTR",
                     .keyword = "at",
                     .optional = true,
                     .needs = HS_CAN_ASK},
                    {.kind = HS_PARAMETER_SIZE,
                     .label = "N",
                     .keyword = "bytes",
                     .optional = true,
                     .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .picture = &hs_picture_shape,
     .run = hs_run_shape},
    {.name = "check",
     .group = "Pictures",
     .summary = "is the heap consistent?",
     .details =
         "Fails when a block does not lead to the next: says where, what is wrong there, and which\n"
         "command broke it.",
     .needs = HS_CAN_ASK,
     .run = hs_run_check},
    {.name = "leaks",
     .group = "Pictures",
     .summary = "live blocks that no variable points to any more",
     .details = "Where they are, and the command that made each; `expect leaked == 0` tests it.",
     .needs = HS_CAN_ASK,
     .run = hs_run_leaks},

    {.name = "exec",
     .group = "Processes",
     .summary = "how a program becomes a process: its address space, step by step",
     .details =
         "Reads an ELF file and lays out what kernel and loader would map: program, interpreter, libraries,\n"
         "stack, and as its heap the one of this session. Nothing is run. Without FILE: a built-in program.\n"
         "ARGUMENTS are the program's own: exec /bin/ls -l \"a file\".",
     .parameters =
         {{.kind = HS_PARAMETER_FILE, .label = "FILE", .optional = true, .needs = HS_CAN_LOOK},
          {.kind = HS_PARAMETER_ARGUMENTS,
           .label = "ARGUMENTS",
           .optional = true,
           .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_exec},
    {.name = "address-space",
     .group = "Processes",
     .summary = "the address space that this heap is in",
     .details =
         "That of the last exec. Lengths are logarithms; the heap's break moves as malloc moves it.",
     .needs = HS_CAN_ASK,
     .run = hs_run_address_space},
    {.name = "maps",
     .group = "Processes",
     .summary = "the live address space of a real process",
     .details =
         "maps self           of heapscope itself\n"
         "maps 1234           of process 1234\n"
         "maps -- python3     starts a program, and shows its segments appear; it gets no input, its output\n"
         "                    is thrown away, and it ends with the next maps, or with heapscope\n"
         "COMMAND is words; \"...\" and '...' keep one with blanks together. Without any: looks again at\n"
         "the last one.",
     .parameters = {{.kind = HS_PARAMETER_PROCESS,
                     .label = "PID|self",
                     .optional = true,
                     .needs = HS_CAN_LOOK},
                    {.kind = HS_PARAMETER_ARGUMENTS,
                     .label = "COMMAND",
                     .keyword = "--",
                     .optional = true,
                     .needs = HS_CAN_RUN}},
     .needs = HS_CAN_LOOK,
     .run = hs_run_maps},

    {.name = "why",
     .group = "Insight",
     .details =
         "The arithmetic, every block that was looked at and why it was passed over, the choice, splits,\n"
         "coalescing by its case, the words written. With N: command N (`history` has the numbers).",
     .parameters =
         {{.kind = HS_PARAMETER_SIZE, .label = "N", .optional = true, .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .picture = &hs_picture_why,
     .run = hs_run_why},
    {.name = "step",
     .group = "Insight",
     .summary = "the same on the map, one event after another",
     .details =
         "Right and Left, or Space and Backspace, go forward and back; Escape ends it. Side by side (`split`)\n"
         "it is the first allocator that is shown.",
     .parameters =
         {{.kind = HS_PARAMETER_SIZE, .label = "N", .optional = true, .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_step},
    {.name = "adversary",
     .group = "Insight",
     .summary = "the shortest program on which A fails and B does not",
     .details =
         "Searches programs of malloc and free in a heap of this session's size that may not grow (where it\n"
         "may: that is where A has to grow it and B does not). First all that there are, shortest first, for\n"
         "sizes that are parts of the heap; then long ones by chance, made short. SECONDS: 10. `to FILE`\n"
         "writes it as a script. Ctrl-C stops. `heap 256` before it makes a heap that one can overlook.",
     .parameters = {{.kind = HS_PARAMETER_ALLOCATOR, .label = "A", .needs = HS_CAN_ASK},
                    {.kind = HS_PARAMETER_ALLOCATOR, .label = "B", .needs = HS_CAN_ASK},
                    {.kind = HS_PARAMETER_SIZE,
                     .label = "N",
                     .keyword = "seconds",
                     .optional = true,
                     .needs = HS_CAN_ASK},
                    {.kind = HS_PARAMETER_SIZE,
                     .label = "S",
                     .keyword = "seed",
                     .optional = true,
                     .needs = HS_CAN_ASK},
                    {.kind = HS_PARAMETER_FILE,
                     .label = "FILE",
                     .keyword = "to",
                     .optional = true,
                     .needs = HS_CAN_WRITE}},
     .needs = HS_CAN_ASK,
     .run = hs_run_adversary},
    {.name = "predict",
     .group = "Insight",
     .summary = "say before each request what will come of it, and see",
     .details =
         "predict on            asks before each request: the address, the blocks examined, ...\n"
         "predict { free p2 }   asks about this one alone: a stop in a lecture\n"
         "An address is typed, p1+32 or 0x107000028 or NULL, or clicked on the map: the block that it\n"
         "will lie in. No answer passes. Alone, predict tells the score.",
     .parameters =
         {{.kind = HS_PARAMETER_FLAG,
           .label = "on",
           .keyword = "on",
           .optional = true,
           .needs = HS_CAN_ASK},
          {.kind = HS_PARAMETER_FLAG,
           .label = "off",
           .keyword = "off",
           .optional = true,
           .needs = HS_CAN_ASK},
          {.kind = HS_PARAMETER_BODY, .label = "{ ... }", .optional = true, .needs = HS_CAN_ASK}},
     .flags = HS_LEADS_ON,
     .needs = HS_CAN_ASK,
     .run = hs_run_predict},
    {.name = "quiz",
     .group = "Insight",
     .summary = "exercises of growing difficulty, asked like predict, or on paper",
     .details =
         "Starts a fresh heap and asks N exercises (10), the same ones for the same seed S (1): malloc,\n"
         "then frees and the holes they make, sizes that just fit, realloc. With `sheet` they are\n"
         "printed, with `answers` solved, and the heap stays as it is. Ctrl-C ends a quiz.",
     .parameters =
         {{.kind = HS_PARAMETER_ALLOCATOR, .label = "NAME", .optional = true, .needs = HS_CAN_ASK},
          {.kind = HS_PARAMETER_SIZE,
           .label = "S",
           .keyword = "seed",
           .optional = true,
           .needs = HS_CAN_ASK},
          {.kind = HS_PARAMETER_SIZE,
           .label = "N",
           .keyword = "n",
           .optional = true,
           .needs = HS_CAN_ASK},
          {.kind = HS_PARAMETER_FLAG,
           .label = "sheet",
           .keyword = "sheet",
           .optional = true,
           .needs = HS_CAN_ASK},
          {.kind = HS_PARAMETER_FLAG,
           .label = "answers",
           .keyword = "answers",
           .optional = true,
           .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_quiz},
    {.name = "history",
     .group = "Insight",
     .summary = "the last N commands (20) with their numbers",
     .parameters =
         {{.kind = HS_PARAMETER_SIZE, .label = "N", .optional = true, .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_history},

    {.name = "undo",
     .group = "Time travel",
     .summary = "take back the last command, or the last N",
     .details =
         "Nothing is lost: `redo` does it again, and a command of your own begins a new branch.\n"
         "Settings, writes and damage are taken back as well.",
     .parameters =
         {{.kind = HS_PARAMETER_SIZE, .label = "N", .optional = true, .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_back},
    {.name = "redo",
     .group = "Time travel",
     .summary = "do again what was taken back",
     .parameters =
         {{.kind = HS_PARAMETER_SIZE, .label = "N", .optional = true, .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_forward},
    {.name = "back",
     .group = "Time travel",
     .summary = "look at the heap as it was N commands ago",
     .parameters =
         {{.kind = HS_PARAMETER_SIZE, .label = "N", .optional = true, .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_back},
    {.name = "forward",
     .group = "Time travel",
     .summary = "and at what became of it",
     .parameters =
         {{.kind = HS_PARAMETER_SIZE, .label = "N", .optional = true, .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_forward},
    {.name = "goto",
     .group = "Time travel",
     .summary = "go to the moment after command N; 0 is the beginning",
     .parameters = {SIZE("N")},
     .needs = HS_CAN_ASK,
     .run = hs_run_goto},
    {.name = "find",
     .group = "Time travel",
     .summary = "go to the next request of a kind: find size>4096, find moved",
     .details =
         "size>4096         that asks for so much; also <, <=, =, >=, !=\n"
         "op=realloc        of this kind; also malloc, calloc, aligned_alloc, free\n"
         "moved             a realloc that moved its block\n"
         "growth            that made the heap grow\n"
         "failed            that got NULL\n"
         "p1                that takes or gives what p1 holds\n"
         "peak              of all, the first after which most bytes are live\n"
         "fragmentation     of all, the first after which most bytes below the highest block are not\n"
         "`find back ...` looks at those before; `find` alone looks for the same again. Commands that were taken back, and the requests of a\n"
         "trace, lie ahead.",
     .parameters =
         {{.kind = HS_PARAMETER_TEXT, .label = "WHAT", .optional = true, .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_find},
    {.name = "diff",
     .group = "Time travel",
     .summary = "what is not as it was after command N, on the map too",
     .details = "Without N: what the last command changed. diff 0 compares with the beginning.",
     .parameters =
         {{.kind = HS_PARAMETER_SIZE, .label = "N", .optional = true, .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_diff},
    {.name = "branches",
     .group = "Time travel",
     .summary = "the branches: what was done, and what was done otherwise",
     .needs = HS_CAN_ASK,
     .run = hs_run_branches},
    {.name = "branch",
     .group = "Time travel",
     .summary = "go to the end of a branch",
     .parameters = {{.kind = HS_PARAMETER_TEXT, .label = "NAME", .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_branch},

    {.name = "allocator",
     .group = "Heap",
     .summary = "list the allocators, or switch to one",
     .details = "A switch starts a fresh heap. With `replay`, the commands since the heap was\n"
                "fresh run again on the new one: allocator best-fit replay.",
     .parameters =
         {{.kind = HS_PARAMETER_ALLOCATOR, .label = "NAME", .optional = true, .needs = HS_CAN_ASK},
          REPLAY},
     .flags = HS_LEADS_ON,
     .needs = HS_CAN_ASK,
     .run = hs_run_allocator},
    {.name = "split",
     .group = "Heap",
     .summary = "two to four allocators side by side, on the same commands",
     .details =
         "split first-fit best-fit   what was done so far is done again on each; from then on every\n"
         "command runs on all, and the first request that they serve differently is told.\n"
         "Names stand for each one's own pointers. The first one leads: `expect` and `save` are about it.\n"
         "split off   ends it.",
     .parameters = {LANE("A", true), LANE("B", true), LANE("C", true), LANE("D", true)},
     .needs = HS_CAN_ASK,
     .run = hs_run_split},
    {.name = "set",
     .group = "Heap",
     .summary = "list the options, or set one",
     .details =
         "Options that decide the layout of blocks start a fresh heap; `replay` runs the\ncommands again on it.",
     .parameters =
         {{.kind = HS_PARAMETER_OPTION, .label = "OPTION", .optional = true, .needs = HS_CAN_ASK},
          {.kind = HS_PARAMETER_VALUE, .label = "VALUE", .optional = true, .needs = HS_CAN_ASK},
          REPLAY},
     .flags = HS_LISTS_OPTIONS | HS_LEADS_ON,
     .needs = HS_CAN_ASK,
     .run = hs_run_set},
    {.name = "heap",
     .group = "Heap",
     .summary = "where the heap is, or a fresh one of another size",
     .details = "heap 1k max 64k      starts with 1024 bytes, and may grow to 65536",
     .parameters =
         {{.kind = HS_PARAMETER_SIZE, .label = "N", .optional = true, .needs = HS_CAN_ASK},
          {.kind = HS_PARAMETER_SIZE,
           .label = "M",
           .keyword = "max",
           .optional = true,
           .needs = HS_CAN_ASK},
          REPLAY},
     .flags = HS_LEADS_ON,
     .needs = HS_CAN_ASK,
     .run = hs_run_heap},
    {.name = "reset",
     .group = "Heap",
     .summary = "a fresh heap, and names start over; `undo` takes it back",
     .flags = HS_LEADS_ON,
     .needs = HS_CAN_ASK,
     .run = hs_run_reset},

    {.name = "mmu",
     .group = "Machine",
     .summary = "a small machine, or what it is",
     .details =
         "mmu base-bounds       one base, one bound: an address space is one piece of memory\n"
         "mmu segmentation 4    2, 4 (usual) or 8 segments, each with base, limit, direction, protection\n"
         "mmu paging 256        pages and frames of 256 bytes\n"
         "An address has 10 bits with base and bounds and with 2 segments, else 12; memory is 16k. Process\n"
         "main is the session's program: its heap segment is the heap, and grows with it.",
     .parameters =
         {{.kind = HS_PARAMETER_WORD,
           .label = "KIND",
           .optional = true,
           .needs = HS_CAN_ASK,
           .words = hs_words_of_translations},
          {.kind = HS_PARAMETER_SIZE, .label = "N", .optional = true, .needs = HS_CAN_ASK},
          {.kind = HS_PARAMETER_SIZE,
           .label = "B",
           .keyword = "bits",
           .optional = true,
           .needs = HS_CAN_ASK},
          {.kind = HS_PARAMETER_SIZE,
           .label = "M",
           .keyword = "memory",
           .optional = true,
           .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_mmu},
    {.name = "segments",
     .group = "Machine",
     .needs = HS_CAN_ASK,
     .picture = &hs_picture_segments,
     .run = hs_run_picture},
    {.name = "translate",
     .group = "Machine",
     .summary = "from a virtual address to a physical one, bit by bit",
     .details =
         "translate p1+8, translate 0x7c0: of the process that runs. In a condition, physical(p1) is the\n"
         "physical address, and faults(p1) is 1 where there is none.",
     .parameters = {POINTER},
     .needs = HS_CAN_ASK,
     .run = hs_run_translate},
    {.name = "touch",
     .group = "Machine",
     .summary = "an access, with its fault, and what the OS does about it",
     .details =
         "touch p1 w is a write; without a letter it is a read. A fault just below the stack lets the stack\n"
         "grow; one on what is swapped out brings it back; all others end a real program.",
     .parameters = {POINTER,
                    {.kind = HS_PARAMETER_WORD,
                     .label = "r|w|x",
                     .optional = true,
                     .needs = HS_CAN_ASK,
                     .words = hs_words_of_accesses}},
     .needs = HS_CAN_ASK,
     .run = hs_run_touch},
    {.name = "process",
     .group = "Machine",
     .summary = "start a process, and let it run",
     .details = "process b code 128 heap 64 stack 32\n"
                "process c share b     the same program again: its code is in memory once",
     .parameters = {{.kind = HS_PARAMETER_WORD, .label = "NAME", .needs = HS_CAN_ASK},
                    {.kind = HS_PARAMETER_WORD,
                     .label = "PROCESS",
                     .keyword = "share",
                     .optional = true,
                     .needs = HS_CAN_ASK,
                     .words = hs_words_of_processes},
                    {.kind = HS_PARAMETER_SIZE,
                     .label = "N",
                     .keyword = "code",
                     .optional = true,
                     .needs = HS_CAN_ASK},
                    {.kind = HS_PARAMETER_SIZE,
                     .label = "N",
                     .keyword = "heap",
                     .optional = true,
                     .needs = HS_CAN_ASK},
                    {.kind = HS_PARAMETER_SIZE,
                     .label = "N",
                     .keyword = "stack",
                     .optional = true,
                     .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_process},
    {.name = "run",
     .group = "Machine",
     .summary = "let another process run",
     .parameters = {{.kind = HS_PARAMETER_WORD,
                     .label = "PROCESS",
                     .needs = HS_CAN_ASK,
                     .words = hs_words_of_processes}},
     .needs = HS_CAN_ASK,
     .run = hs_run_on_process},
    {.name = "exit",
     .group = "Machine",
     .summary = "a process ends; without a name: leave",
     .parameters = {{.kind = HS_PARAMETER_WORD,
                     .label = "PROCESS",
                     .optional = true,
                     .needs = HS_CAN_ASK,
                     .words = hs_words_of_processes}},
     .needs = HS_CAN_ASK,
     .run = hs_run_exit},
    {.name = "grow",
     .group = "Machine",
     .summary = "a segment of the running process grows: heap, stack, or its number",
     .details =
         "grow stack 64. The OS moves a segment that has no room beside it in physical memory.",
     .parameters = {{.kind = HS_PARAMETER_WORD,
                     .label = "SEGMENT",
                     .needs = HS_CAN_ASK,
                     .words = hs_words_of_segments},
                    SIZE("N")},
     .needs = HS_CAN_ASK,
     .run = hs_run_grow},
    {.name = "swap",
     .group = "Machine",
     .summary = "a process goes to the disk, or comes back",
     .parameters = {{.kind = HS_PARAMETER_WORD,
                     .label = "PROCESS",
                     .needs = HS_CAN_ASK,
                     .words = hs_words_of_processes}},
     .needs = HS_CAN_ASK,
     .run = hs_run_on_process},
    {.name = "compact",
     .group = "Machine",
     .summary = "move all segments together, so that the holes become one",
     .needs = HS_CAN_ASK,
     .run = hs_run_compact},

    {.name = "demos",
     .group = "Scripts",
     .summary = "list the lectures and demos, or play one",
     .details = "demos 3               the third lecture of the course\n"
                "demos overrun         by name; both on a fresh heap, with nothing set",
     .parameters =
         {{.kind = HS_PARAMETER_DEMO, .label = "NAME", .optional = true, .needs = HS_CAN_PLAY}},
     .needs = HS_CAN_PLAY,
     .run = hs_run_demos},
    {.name = "source",
     .group = "Scripts",
     .summary = "run the commands of a file",
     .parameters = {{.kind = HS_PARAMETER_FILE, .label = "FILE", .needs = HS_CAN_LOOK}},
     .needs = HS_CAN_LOOK,
     .run = hs_run_source},
    {.name = "save",
     .group = "Scripts",
     .summary = "write a script that reproduces this session",
     .details =
         "A saved session that is there is replaced after that was said; what is no such file never is.\n"
         "`save -` shows the script.",
     .parameters = {{.kind = HS_PARAMETER_FILE, .label = "FILE", .needs = HS_CAN_WRITE}},
     .needs = HS_CAN_WRITE,
     .run = hs_run_save},
    {.name = "repeat",
     .group = "Scripts",
     .summary = "run commands N times",
     .details = "repeat 10 { malloc 16; malloc 32 }\n"
                "Of one command, with those in its { }, come at most 4294967296. Ctrl-C stops it.",
     .parameters = {SIZE("N"),
                    {.kind = HS_PARAMETER_BODY, .label = "{ ... }", .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_repeat},
    {.name = "random",
     .group = "Scripts",
     .summary = "N random requests, the same ones for the same seed",
     .details =
         "5 of 10 are malloc, 4 free, 1 realloc, of live blocks by chance; sizes are 1 to 128 bytes,\n"
         "one in 16 up to 1024. Random requests are no real program: real ones have phases.",
     .parameters = {SIZE("N"),
                    {.kind = HS_PARAMETER_SIZE,
                     .label = "S",
                     .keyword = "seed",
                     .optional = true,
                     .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_random},
    {.name = "generate",
     .group = "Scripts",
     .summary = "requests by a workload: sizes, lives, how much is live, phases",
     .details =
         "generate 40 sizes uniform:8-64 lives lifo live 5 phase sizes fixed:24 lives fifo\n"
         "The options are those of `heapscope generate --help`, with dashes or without; alone it makes\n"
         "30 requests of 24 bytes on average, about 6 blocks live, most of which die young.",
     .parameters = {{.kind = HS_PARAMETER_TEXT,
                     .label = "[N] [OPTION VALUE]...",
                     .optional = true,
                     .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_generate},
    {.name = "echo",
     .group = "Scripts",
     .summary = "say a text",
     .parameters =
         {{.kind = HS_PARAMETER_TEXT, .label = "TEXT", .optional = true, .needs = HS_CAN_ASK}},
     .flags = HS_NOT_ECHOED,
     .needs = HS_CAN_ASK,
     .run = hs_run_echo},
    {.name = "expect",
     .group = "Scripts",
     .summary = "a condition that must hold, or an error that must come",
     .details =
         "expect p2 == p1 + 32 and holes == 1\nexpect error { free p1 }\n"
         "A condition is made of sizes, names, measures, size(p1) (bytes asked for), block(p1) (bytes of\n"
         "the block), physical(p1) and faults(p1) (help translate), + - * / %, == != < <= > >=, and, or, not.",
     .parameters = {{.kind = HS_PARAMETER_CONDITION, .label = "CONDITION", .needs = HS_CAN_ASK}},
     .flags = HS_IS_GUARD | HS_LISTS_MEASURES | HS_BELONGS_BEFORE | HS_GOES_UNSAID,
     .needs = HS_CAN_ASK,
     .run = hs_run_expect},

    {.name = "note",
     .group = "Lectures",
     .summary = "narration: a text for the audience",
     .details = "It stays until the next note.",
     .parameters = {TEXT},
     .flags = HS_STAGE_DIRECTION | HS_IS_READ,
     .needs = HS_CAN_ASK,
     .run = hs_run_note},
    {.name = "title",
     .group = "Lectures",
     .summary = "a section of a lecture begins",
     .details = "The player's keys 1 to 9 jump to sections.",
     .parameters = {TEXT},
     .flags = HS_STAGE_DIRECTION | HS_LEADS_ON | HS_BEGINS_SECTION,
     .needs = HS_CAN_PLAY,
     .run = hs_run_title},
    {.name = "ask",
     .group = "Lectures",
     .summary = "a question to the audience; the player waits for a key",
     .details = "What follows in the script is the answer.",
     .parameters = {TEXT},
     .flags = HS_STAGE_DIRECTION | HS_WAITS,
     .needs = HS_CAN_PLAY,
     .run = hs_run_ask},
    {.name = "presenter",
     .group = "Lectures",
     .summary = "a line for the speaker only: `heapscope --notes` in a second terminal shows it",
     .details = "It belongs to the step before it, or, behind a title, to the section's first.",
     .parameters = {TEXT},
     .flags = HS_STAGE_DIRECTION | HS_BELONGS_BEFORE | HS_GOES_UNSAID,
     .needs = HS_CAN_PLAY,
     .run = hs_run_presenter},
    {.name = "highlight",
     .group = "Lectures",
     .summary = "point out bytes on the map, until the next step",
     .details =
         "Without N: the block's payload, or the word at PTR. It belongs to the step before it.",
     .parameters =
         {POINTER,
          {.kind = HS_PARAMETER_SIZE, .label = "N", .optional = true, .needs = HS_CAN_ASK}},
     .flags = HS_STAGE_DIRECTION | HS_BELONGS_BEFORE,
     .needs = HS_CAN_PLAY,
     .run = hs_run_highlight},
    {.name = "view",
     .group = "Lectures",
     .summary = "look at a picture of the heap",
     .parameters = {{.kind = HS_PARAMETER_VIEW, .label = "VIEW", .needs = HS_CAN_ASK}},
     .flags = HS_LISTS_PICTURES,
     .needs = HS_CAN_PLAY,
     .run = hs_run_view},
    {.name = "zoom",
     .group = "Lectures",
     .summary = "N bytes in a row of the map; without N, the whole heap fits",
     .parameters =
         {{.kind = HS_PARAMETER_SIZE, .label = "N", .optional = true, .needs = HS_CAN_ASK}},
     .flags = HS_LEADS_ON,
     .needs = HS_CAN_PLAY,
     .run = hs_run_zoom},
    {.name = "pause",
     .group = "Lectures",
     .summary = "a lecture that plays by itself waits for a key here",
     .flags = HS_STAGE_DIRECTION | HS_BELONGS_BEFORE,
     .needs = HS_CAN_PLAY,
     .run = hs_run_pause},
    {.name = "wait",
     .group = "Lectures",
     .summary = "how long a lecture that plays by itself waits here",
     .details = "wait 2s, wait 0.5s, wait 500ms",
     .parameters = {{.kind = HS_PARAMETER_TEXT, .label = "TIME", .needs = HS_CAN_ASK}},
     .flags = HS_STAGE_DIRECTION | HS_BELONGS_BEFORE | HS_GOES_UNSAID,
     .needs = HS_CAN_PLAY,
     .run = hs_run_wait},
    {.name = "speed",
     .group = "Lectures",
     .summary = "how fast a lecture plays by itself",
     .details =
         "speed 2 is twice as fast as usual, speed 0.5 half as fast; `set pace` has the usual seconds.",
     .parameters = {{.kind = HS_PARAMETER_TEXT, .label = "N", .needs = HS_CAN_ASK}},
     .flags = HS_STAGE_DIRECTION | HS_LEADS_ON,
     .needs = HS_CAN_PLAY,
     .run = hs_run_speed},

    {.name = "help",
     .group = "Program",
     .summary = "this list, or what a command, or an option of `set`, does",
     .parameters = {{.kind = HS_PARAMETER_COMMAND,
                     .label = "COMMAND",
                     .optional = true,
                     .needs = HS_CAN_ASK}},
     .needs = HS_CAN_ASK,
     .run = hs_run_help},
    {.name = "continue",
     .group = "Program",
     .summary = "go on with a session that was cut short",
     .details =
         "Every typed command is kept at once. After a crash or a loss of power the next start offers\n"
         "what was kept: commands, branches and all. The session that is left for it is kept as well.",
     .needs = HS_CAN_LOOK,
     .run = hs_run_continue},
    {.name = "quit",
     .group = "Program",
     .summary = "leave",
     .needs = HS_CAN_ASK,
     .run = hs_run_quit},
};

const hs_command *hs_command_at(size_t i)
{
    return i < sizeof commands / sizeof *commands ? &commands[i] : NULL;
}

const hs_command *hs_command_named(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

const char *hs_command_summary(const hs_command *c)
{
    return c->summary ? c->summary : c->picture->about;
}

const hs_command *hs_command_showing(const hs_picture *picture)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].picture == picture) return &commands[i];
    return NULL;
}

/* The command that is written in full, as most are. Found without making a list of words. */
static const hs_command *written_in_full(const char *text, size_t length)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const char *name = commands[i].name;
        if (strlen(name) == length && memcmp(name, text, length) == 0) return &commands[i];
    }
    return NULL;
}

const hs_command *hs_command_resolve(const char *text, size_t length, hs_span where,
                                     hs_complaint *c)
{
    const hs_command *full = written_in_full(text, length);
    if (full) return full;
    hs_words words = {0};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        hs_words_add(&words, commands[i].name);
    const char *name = hs_words_resolve(&words, "command", text, length, where, c);
    if (!name && !c->hint[0]) hs_hint(c, "`help` lists the commands");
    hs_words_free(&words);
    return name ? hs_command_named(name) : NULL;
}

void hs_command_syntax(const hs_command *command, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "%s", command->name);
    for (size_t i = 0; i < HS_PARAMETERS && command->parameters[i].kind && used < size; i++) {
        const hs_parameter *p = &command->parameters[i];
        bool keyword = p->keyword && p->kind != HS_PARAMETER_FLAG;
        used += (size_t)snprintf(out + used, size - used, " %s%s%s%s%s", p->optional ? "[" : "",
                                 keyword ? p->keyword : "", keyword ? " " : "", p->label,
                                 p->optional ? "]" : "");
    }
}
