/* The command table: each command declared once, with its parameters and its help. */
#include "language/commands.h"

#include "language/demos.h"
#include "language/homework.h"
#include "language/lecture.h"
#include "language/predict.h"
#include "language/quiz.h"
#include "language/words.h"

#include <stdio.h>
#include <string.h>

#define SIZE(label)                                                                                \
    {                                                                                              \
        HS_PARAMETER_SIZE, label, NULL, false, HS_CAN_ASK                                          \
    }
#define POINTER                                                                                    \
    {                                                                                              \
        HS_PARAMETER_POINTER, "PTR", NULL, false, HS_CAN_ASK                                       \
    }
#define TEXT                                                                                       \
    {                                                                                              \
        HS_PARAMETER_TEXT, "TEXT", NULL, false, HS_CAN_ASK                                         \
    }
#define LANE(label, optional)                                                                      \
    {                                                                                              \
        HS_PARAMETER_LANE, label, NULL, optional, HS_CAN_ASK                                       \
    }
#define REPLAY                                                                                     \
    {                                                                                              \
        HS_PARAMETER_FLAG, "replay", "replay", true, HS_CAN_ASK                                    \
    }

static const hs_command commands[] = {
    {"malloc",
     "Requests",
     "a block of at least N bytes",
     "The pointer gets the next name p1, p2, ..., or one of yours: a = malloc 24.\n"
     "malloc 0 returns a block of its own. NULL means that the heap may not grow any further.",
     {SIZE("N")},
     true,
     HS_CAN_ASK,
     hs_run_malloc},
    {"calloc",
     "Requests",
     "N times SIZE bytes, all zero",
     NULL,
     {SIZE("N"), SIZE("SIZE")},
     true,
     HS_CAN_ASK,
     hs_run_calloc},
    {"realloc",
     "Requests",
     "resize a block, in place when it can be",
     "PTR keeps its name. When the block has to move, its bytes are copied; the alignment that\n"
     "aligned_alloc gave it is lost then, but for that of the allocator.\n"
     "realloc NULL N is malloc N; realloc PTR 0 frees PTR. If NULL comes back, PTR is as before.",
     {POINTER, SIZE("N")},
     true,
     HS_CAN_ASK,
     hs_run_realloc},
    {"free",
     "Requests",
     "give a block back",
     "free NULL does nothing. A pointer freed twice, or one that is no\n"
     "block's start, is refused; after `set misuse allow` it goes to the allocator as in C.",
     {POINTER},
     false,
     HS_CAN_ASK,
     hs_run_free},
    {"aligned_alloc",
     "Requests",
     "N bytes at a multiple of A, a power of two",
     NULL,
     {SIZE("A"), SIZE("N")},
     true,
     HS_CAN_ASK,
     hs_run_aligned_alloc},

    {"ops",
     "Requests",
     "requests as the OSTEP homework writes them: +10,+10,-0,+5",
     "+SIZE allocates for the next index, from 0 on; -INDEX frees. Index 3 is ptr3 to other commands.\n"
     "The answers are the homework's: the address, the blocks examined, the free list after it.",
     {{HS_PARAMETER_TEXT, "LIST", NULL, false, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_ops},

    {"homework",
     "Requests",
     "the random operations that the OSTEP homework has for a seed",
     "N of them (10), the same as there for the same seed (0): sizes up to M (10), and P of 100 (50)\n"
     "are allocations. `heapscope --ostep` sets up the heap and the options for it.",
     {{HS_PARAMETER_SIZE, "S", "seed", true, HS_CAN_ASK},
      {HS_PARAMETER_SIZE, "N", "n", true, HS_CAN_ASK},
      {HS_PARAMETER_SIZE, "M", "range", true, HS_CAN_ASK},
      {HS_PARAMETER_SIZE, "P", "percent", true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_homework},

    {"write",
     "Bytes",
     "write through a pointer, as the program would",
     "write p1 \"text\"      the text's bytes; \\n \\t \\0 \\xHH are known\n"
     "write p1 'A'*24      a byte, 24 times\n"
     "write p1+8 0xff*8    also beyond the block: what lies there is overwritten",
     {POINTER, {HS_PARAMETER_BYTES, "BYTES", NULL, false, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_write},
    {"read",
     "Bytes",
     "the bytes at a pointer, in hex and as text",
     "Without N: the whole block.",
     {POINTER, {HS_PARAMETER_SIZE, "N", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_read},
    {"inspect",
     "Bytes",
     "what lies at an address: its block, its role, its header",
     NULL,
     {POINTER},
     false,
     HS_CAN_ASK,
     hs_run_inspect},

    {"map", "Pictures", "the byte map", NULL, {{0}}, false, HS_CAN_ASK, hs_run_map},
    {"blocks",
     "Pictures",
     "all blocks in heap order",
     NULL,
     {{0}},
     false,
     HS_CAN_ASK,
     hs_run_blocks},
    {"free-list",
     "Pictures",
     "the free blocks in their own order",
     "One list head first, lists by size, a grid with its bitmap, a tree, buddies over the heap, slabs:\n"
     "as the allocator keeps them. A link that leads astray is shown. Without lists: in heap order.",
     {{0}},
     false,
     HS_CAN_ASK,
     hs_run_free_list},
    {"stats",
     "Pictures",
     "the ledger and all measures, with their definitions",
     NULL,
     {{0}},
     false,
     HS_CAN_ASK,
     hs_run_stats},
    {"plot",
     "Pictures",
     "the heap over time: live bytes, heap size, utilization, blocks examined",
     "Time is counted in requests since the heap was fresh; utilization is live / heap size at each\n"
     "point. Where many requests share a dot, it shows the largest value.",
     {{0}},
     false,
     HS_CAN_ASK,
     hs_run_plot},
    {"shape",
     "Pictures",
     "time across, address up: what lived where, and when",
     "A cell is so many commands by so many bytes, and says of which size most of what lives in it is,\n"
     "and whether at least half of it is live. FROM and TO are commands; N bytes from PTR on. The finer\n"
     "the window, the nearer it is to exact. In the full screen + and - zoom, arrows move, and Enter\n"
     "goes to that moment.",
     {{HS_PARAMETER_SIZE, "FROM", "from", true, HS_CAN_ASK},
      {HS_PARAMETER_SIZE, "TO", "to", true, HS_CAN_ASK},
      {HS_PARAMETER_POINTER, "PTR", "at", true, HS_CAN_ASK},
      {HS_PARAMETER_SIZE, "N", "bytes", true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_shape},
    {"check",
     "Pictures",
     "is the heap consistent?",
     "Fails when a block does not lead to the next: says where, what is wrong there, and which\n"
     "command broke it.",
     {{0}},
     false,
     HS_CAN_ASK,
     hs_run_check},
    {"leaks",
     "Pictures",
     "live blocks that no variable points to any more",
     "Where they are, and the command that made each; `expect leaked == 0` tests it.",
     {{0}},
     false,
     HS_CAN_ASK,
     hs_run_leaks},

    {"exec",
     "Processes",
     "how a program becomes a process: its address space, step by step",
     "Reads an ELF file and lays out what kernel and loader would map: program, interpreter, libraries,\n"
     "stack, and as its heap the one of this session. Nothing is run. Without FILE: a built-in program.\n"
     "ARGUMENTS are the program's own: exec /bin/ls -l \"a file\".",
     {{HS_PARAMETER_FILE, "FILE", NULL, true, HS_CAN_LOOK},
      {HS_PARAMETER_ARGUMENTS, "ARGUMENTS", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_exec},
    {"address-space",
     "Processes",
     "the address space that this heap is in",
     "That of the last exec. Lengths are logarithms; the heap's break moves as malloc moves it.",
     {{0}},
     false,
     HS_CAN_ASK,
     hs_run_address_space},
    {"maps",
     "Processes",
     "the live address space of a real process",
     "maps self           of heapscope itself\n"
     "maps 1234           of process 1234\n"
     "maps -- python3     starts a program, and shows its segments appear; it gets no input, its output\n"
     "                    is thrown away, and it ends with the next maps, or with heapscope\n"
     "COMMAND is words; \"...\" and '...' keep one with blanks together. Without any: looks again at\n"
     "the last one.",
     {{HS_PARAMETER_PROCESS, "PID|self", NULL, true, HS_CAN_LOOK},
      {HS_PARAMETER_ARGUMENTS, "COMMAND", "--", true, HS_CAN_RUN}},
     false,
     HS_CAN_LOOK,
     hs_run_maps},

    {"why",
     "Insight",
     "how the last request was served, step by step",
     "The arithmetic, every block that was looked at and why it was passed over, the choice, splits,\n"
     "coalescing by its case, the words written. With N: command N (`history` has the numbers).",
     {{HS_PARAMETER_SIZE, "N", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_why},
    {"step",
     "Insight",
     "the same on the map, one event after another",
     "Right and Left, or Space and Backspace, go forward and back; Escape ends it. Side by side (`split`)\n"
     "it is the first allocator that is shown.",
     {{HS_PARAMETER_SIZE, "N", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_step},
    {"adversary",
     "Insight",
     "the shortest program on which A fails and B does not",
     "Searches programs of malloc and free in a heap of this session's size that may not grow (where it\n"
     "may: that is where A has to grow it and B does not). First all that there are, shortest first, for\n"
     "sizes that are parts of the heap; then long ones by chance, made short. SECONDS: 10. `to FILE`\n"
     "writes it as a script. Ctrl-C stops. `heap 256` before it makes a heap that one can overlook.",
     {{HS_PARAMETER_ALLOCATOR, "A", NULL, false, HS_CAN_ASK},
      {HS_PARAMETER_ALLOCATOR, "B", NULL, false, HS_CAN_ASK},
      {HS_PARAMETER_SIZE, "N", "seconds", true, HS_CAN_ASK},
      {HS_PARAMETER_SIZE, "S", "seed", true, HS_CAN_ASK},
      {HS_PARAMETER_FILE, "FILE", "to", true, HS_CAN_WRITE}},
     false,
     HS_CAN_ASK,
     hs_run_adversary},
    {"predict",
     "Insight",
     "say before each request what will come of it, and see",
     "predict on            asks before each request: the address, the blocks examined, ...\n"
     "predict { free p2 }   asks about this one alone: a stop in a lecture\n"
     "An address is typed, p1+32 or 0x107000028 or NULL, or clicked on the map: the block that it\n"
     "will lie in. No answer passes. Alone, predict tells the score.",
     {{HS_PARAMETER_FLAG, "on", "on", true, HS_CAN_ASK},
      {HS_PARAMETER_FLAG, "off", "off", true, HS_CAN_ASK},
      {HS_PARAMETER_BODY, "{ ... }", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_predict},
    {"quiz",
     "Insight",
     "exercises of growing difficulty, asked like predict, or on paper",
     "Starts a fresh heap and asks N exercises (10), the same ones for the same seed S (1): malloc,\n"
     "then frees and the holes they make, sizes that just fit, realloc. With `sheet` they are\n"
     "printed, with `answers` solved, and the heap stays as it is. Ctrl-C ends a quiz.",
     {{HS_PARAMETER_ALLOCATOR, "NAME", NULL, true, HS_CAN_ASK},
      {HS_PARAMETER_SIZE, "S", "seed", true, HS_CAN_ASK},
      {HS_PARAMETER_SIZE, "N", "n", true, HS_CAN_ASK},
      {HS_PARAMETER_FLAG, "sheet", "sheet", true, HS_CAN_ASK},
      {HS_PARAMETER_FLAG, "answers", "answers", true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_quiz},
    {"history",
     "Insight",
     "the last N commands (20) with their numbers",
     NULL,
     {{HS_PARAMETER_SIZE, "N", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_history},

    {"undo",
     "Time travel",
     "take back the last command, or the last N",
     "Nothing is lost: `redo` does it again, and a command of your own begins a new branch.\n"
     "Settings, writes and damage are taken back as well.",
     {{HS_PARAMETER_SIZE, "N", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_back},
    {"redo",
     "Time travel",
     "do again what was taken back",
     NULL,
     {{HS_PARAMETER_SIZE, "N", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_forward},
    {"back",
     "Time travel",
     "look at the heap as it was N commands ago",
     NULL,
     {{HS_PARAMETER_SIZE, "N", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_back},
    {"forward",
     "Time travel",
     "and at what became of it",
     NULL,
     {{HS_PARAMETER_SIZE, "N", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_forward},
    {"goto",
     "Time travel",
     "go to the moment after command N; 0 is the beginning",
     NULL,
     {SIZE("N")},
     false,
     HS_CAN_ASK,
     hs_run_goto},
    {"find",
     "Time travel",
     "go to the next request of a kind: find size>4096, find moved",
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
     {{HS_PARAMETER_TEXT, "WHAT", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_find},
    {"diff",
     "Time travel",
     "what is not as it was after command N, on the map too",
     "Without N: what the last command changed. diff 0 compares with the beginning.",
     {{HS_PARAMETER_SIZE, "N", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_diff},
    {"branches",
     "Time travel",
     "the branches: what was done, and what was done otherwise",
     NULL,
     {{0}},
     false,
     HS_CAN_ASK,
     hs_run_branches},
    {"branch",
     "Time travel",
     "go to the end of a branch",
     NULL,
     {{HS_PARAMETER_TEXT, "NAME", NULL, false, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_branch},

    {"allocator",
     "Heap",
     "list the allocators, or switch to one",
     "A switch starts a fresh heap. With `replay`, the commands since the heap was\n"
     "fresh run again on the new one: allocator best-fit replay.",
     {{HS_PARAMETER_ALLOCATOR, "NAME", NULL, true, HS_CAN_ASK}, REPLAY},
     false,
     HS_CAN_ASK,
     hs_run_allocator},
    {"split",
     "Heap",
     "two to four allocators side by side, on the same commands",
     "split first-fit best-fit   what was done so far is done again on each; from then on every\n"
     "command runs on all, and the first request that they serve differently is told.\n"
     "Names stand for each one's own pointers. The first one leads: `expect` and `save` are about it.\n"
     "split off   ends it.",
     {LANE("A", true), LANE("B", true), LANE("C", true), LANE("D", true)},
     false,
     HS_CAN_ASK,
     hs_run_split},
    {"set",
     "Heap",
     "list the options, or set one",
     "Options that decide the layout of blocks start a fresh heap; `replay` runs the\ncommands again on it.",
     {{HS_PARAMETER_OPTION, "OPTION", NULL, true, HS_CAN_ASK},
      {HS_PARAMETER_VALUE, "VALUE", NULL, true, HS_CAN_ASK},
      REPLAY},
     false,
     HS_CAN_ASK,
     hs_run_set},
    {"heap",
     "Heap",
     "where the heap is, or a fresh one of another size",
     "heap 1k max 64k      starts with 1024 bytes, and may grow to 65536",
     {{HS_PARAMETER_SIZE, "N", NULL, true, HS_CAN_ASK},
      {HS_PARAMETER_SIZE, "M", "max", true, HS_CAN_ASK},
      REPLAY},
     false,
     HS_CAN_ASK,
     hs_run_heap},
    {"reset",
     "Heap",
     "a fresh heap, and names start over; `undo` takes it back",
     NULL,
     {{0}},
     false,
     HS_CAN_ASK,
     hs_run_reset},

    {"mmu",
     "Machine",
     "a small machine, or what it is",
     "mmu base-bounds       one base, one bound: an address space is one piece of memory\n"
     "mmu segmentation 4    2, 4 (usual) or 8 segments, each with base, limit, direction, protection\n"
     "mmu paging 256        pages and frames of 256 bytes\n"
     "An address has 10 bits with base and bounds and with 2 segments, else 12; memory is 16k. Process\n"
     "main is the session's program: its heap segment is the heap, and grows with it.",
     {{HS_PARAMETER_WORD, "KIND", NULL, true, HS_CAN_ASK},
      {HS_PARAMETER_SIZE, "N", NULL, true, HS_CAN_ASK},
      {HS_PARAMETER_SIZE, "B", "bits", true, HS_CAN_ASK},
      {HS_PARAMETER_SIZE, "M", "memory", true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_mmu},
    {"segments",
     "Machine",
     "base, limit, direction, protection; what lies where in physical memory",
     NULL,
     {{0}},
     false,
     HS_CAN_ASK,
     hs_run_segments},
    {"translate",
     "Machine",
     "from a virtual address to a physical one, bit by bit",
     "translate p1+8, translate 0x7c0: of the process that runs. In a condition, physical(p1) is the\n"
     "physical address, and faults(p1) is 1 where there is none.",
     {POINTER},
     false,
     HS_CAN_ASK,
     hs_run_translate},
    {"touch",
     "Machine",
     "an access, with its fault, and what the OS does about it",
     "touch p1 w is a write; without a letter it is a read. A fault just below the stack lets the stack\n"
     "grow; one on what is swapped out brings it back; all others end a real program.",
     {POINTER, {HS_PARAMETER_WORD, "r|w|x", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_touch},
    {"process",
     "Machine",
     "start a process, and let it run",
     "process b code 128 heap 64 stack 32\n"
     "process c share b     the same program again: its code is in memory once",
     {{HS_PARAMETER_WORD, "NAME", NULL, false, HS_CAN_ASK},
      {HS_PARAMETER_WORD, "PROCESS", "share", true, HS_CAN_ASK},
      {HS_PARAMETER_SIZE, "N", "code", true, HS_CAN_ASK},
      {HS_PARAMETER_SIZE, "N", "heap", true, HS_CAN_ASK},
      {HS_PARAMETER_SIZE, "N", "stack", true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_process},
    {"run",
     "Machine",
     "let another process run",
     NULL,
     {{HS_PARAMETER_WORD, "PROCESS", NULL, false, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_on_process},
    {"exit",
     "Machine",
     "a process ends; without a name: leave",
     NULL,
     {{HS_PARAMETER_WORD, "PROCESS", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_exit},
    {"grow",
     "Machine",
     "a segment of the running process grows: heap, stack, or its number",
     "grow stack 64. The OS moves a segment that has no room beside it in physical memory.",
     {{HS_PARAMETER_WORD, "SEGMENT", NULL, false, HS_CAN_ASK}, SIZE("N")},
     false,
     HS_CAN_ASK,
     hs_run_grow},
    {"swap",
     "Machine",
     "a process goes to the disk, or comes back",
     NULL,
     {{HS_PARAMETER_WORD, "PROCESS", NULL, false, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_on_process},
    {"compact",
     "Machine",
     "move all segments together, so that the holes become one",
     NULL,
     {{0}},
     false,
     HS_CAN_ASK,
     hs_run_compact},

    {"demos",
     "Scripts",
     "list the lectures and demos, or play one",
     "demos 3               the third lecture of the course\n"
     "demos overrun         by name; both on a fresh heap, with nothing set",
     {{HS_PARAMETER_DEMO, "NAME", NULL, true, HS_CAN_PLAY}},
     false,
     HS_CAN_PLAY,
     hs_run_demos},
    {"source",
     "Scripts",
     "run the commands of a file",
     NULL,
     {{HS_PARAMETER_FILE, "FILE", NULL, false, HS_CAN_LOOK}},
     false,
     HS_CAN_LOOK,
     hs_run_source},
    {"save",
     "Scripts",
     "write a script that reproduces this session",
     "A saved session that is there is replaced after that was said; what is no such file never is.",
     {{HS_PARAMETER_FILE, "FILE", NULL, false, HS_CAN_WRITE}},
     false,
     HS_CAN_WRITE,
     hs_run_save},
    {"repeat",
     "Scripts",
     "run commands N times",
     "repeat 10 { malloc 16; malloc 32 }\n"
     "Of one command, with those in its { }, come at most 4294967296. Ctrl-C stops it.",
     {SIZE("N"), {HS_PARAMETER_BODY, "{ ... }", NULL, false, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_repeat},
    {"random",
     "Scripts",
     "N random requests, the same ones for the same seed",
     "5 of 10 are malloc, 4 free, 1 realloc, of live blocks by chance; sizes are 1 to 128 bytes,\n"
     "one in 16 up to 1024. Random requests are no real program: real ones have phases.",
     {SIZE("N"), {HS_PARAMETER_SIZE, "S", "seed", true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_random},
    {"generate",
     "Scripts",
     "requests by a workload: sizes, lives, how much is live, phases",
     "generate 40 sizes uniform:8-64 lives lifo live 5 phase sizes fixed:24 lives fifo\n"
     "The options are those of `heapscope generate --help`, with dashes or without; alone it makes\n"
     "30 requests of 24 bytes on average, about 6 blocks live, most of which die young.",
     {{HS_PARAMETER_TEXT, "[N] [OPTION VALUE]...", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_generate},
    {"echo",
     "Scripts",
     "say a text",
     NULL,
     {{HS_PARAMETER_TEXT, "TEXT", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_echo},
    {"expect",
     "Scripts",
     "a condition that must hold, or an error that must come",
     "expect p2 == p1 + 32 and holes == 1\nexpect error { free p1 }\n"
     "A condition is made of sizes, names, measures, size(p1) (bytes asked for), block(p1) (bytes of\n"
     "the block), physical(p1) and faults(p1) (help translate), + - * / %, == != < <= > >=, and, or, not.",
     {{HS_PARAMETER_CONDITION, "CONDITION", NULL, false, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_expect},

    {"note",
     "Lectures",
     "narration: a text for the audience",
     "It stays until the next note.",
     {TEXT},
     false,
     HS_CAN_ASK,
     hs_run_note},
    {"title",
     "Lectures",
     "a section of a lecture begins",
     "The player's keys 1 to 9 jump to sections.",
     {TEXT},
     false,
     HS_CAN_PLAY,
     hs_run_title},
    {"ask",
     "Lectures",
     "a question to the audience; the player waits for a key",
     "What follows in the script is the answer.",
     {TEXT},
     false,
     HS_CAN_PLAY,
     hs_run_ask},
    {"presenter",
     "Lectures",
     "a line for the speaker only: `heapscope --notes` in a second terminal shows it",
     "It belongs to the step before it, or, behind a title, to the section's first.",
     {TEXT},
     false,
     HS_CAN_PLAY,
     hs_run_presenter},
    {"highlight",
     "Lectures",
     "point out bytes on the map, until the next step",
     "Without N: the block's payload, or the word at PTR. It belongs to the step before it.",
     {POINTER, {HS_PARAMETER_SIZE, "N", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_PLAY,
     hs_run_highlight},
    {"view",
     "Lectures",
     "look at the map, blocks, free-list, stats, plot, shape or why",
     NULL,
     {{HS_PARAMETER_VIEW, "VIEW", NULL, false, HS_CAN_ASK}},
     false,
     HS_CAN_PLAY,
     hs_run_view},
    {"zoom",
     "Lectures",
     "N bytes in a row of the map; without N, the whole heap fits",
     NULL,
     {{HS_PARAMETER_SIZE, "N", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_PLAY,
     hs_run_zoom},
    {"pause",
     "Lectures",
     "a lecture that plays by itself waits for a key here",
     NULL,
     {{0}},
     false,
     HS_CAN_PLAY,
     hs_run_pause},
    {"wait",
     "Lectures",
     "how long a lecture that plays by itself waits here",
     "wait 2s, wait 0.5s, wait 500ms",
     {{HS_PARAMETER_TEXT, "TIME", NULL, false, HS_CAN_ASK}},
     false,
     HS_CAN_PLAY,
     hs_run_wait},
    {"speed",
     "Lectures",
     "how fast a lecture plays by itself",
     "speed 2 is twice as fast as usual, speed 0.5 half as fast; `set pace` has the usual seconds.",
     {{HS_PARAMETER_TEXT, "N", NULL, false, HS_CAN_ASK}},
     false,
     HS_CAN_PLAY,
     hs_run_speed},

    {"help",
     "Program",
     "this list, or what a command, or an option of `set`, does",
     NULL,
     {{HS_PARAMETER_COMMAND, "COMMAND", NULL, true, HS_CAN_ASK}},
     false,
     HS_CAN_ASK,
     hs_run_help},
    {"continue",
     "Program",
     "go on with a session that was cut short",
     "Every typed command is kept at once. After a crash or a loss of power the next start offers\n"
     "what was kept: commands, branches and all. The session that is left for it is kept as well.",
     {{0}},
     false,
     HS_CAN_LOOK,
     hs_run_continue},
    {"quit", "Program", "leave", NULL, {{0}}, false, HS_CAN_ASK, hs_run_quit},
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

bool hs_command_is_stage_direction(const hs_command *c)
{
    static const char *const shown[] = {"view", "zoom", NULL};
    for (size_t i = 0; shown[i]; i++)
        if (strcmp(c->name, shown[i]) == 0) return false;
    return strcmp(c->group, "Lectures") == 0;
}

/* The command that is written in full, as most are: without making a list. */
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
