/* SPDX-License-Identifier: MIT */
/* A program that is nothing but one room, linked whole with the rooms below it: an arrow that
 * points up is a symbol that nobody defines, and the build fails. */
int main(void)
{
    return 0;
}
