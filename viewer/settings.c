#define _XOPEN_SOURCE 700 /* realpath */

#include "viewer/settings.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const themes[] = {
    [WEFT_THEME_DARK] = "dark", [WEFT_THEME_LIGHT] = "light", [WEFT_THEME_CONTRAST] = "contrast"};

const char *weft_theme_name(enum weft_theme_id id)
{
    return themes[id];
}

bool weft_theme_parse(const char *name, enum weft_theme_id *id)
{
    for (int i = 0; i <= WEFT_THEME_CONTRAST; i++) {
        if (strcmp(name, themes[i]) == 0) {
            *id = (enum weft_theme_id)i;
            return true;
        }
    }
    return false;
}

void weft_settings_init(struct weft_settings *settings)
{
    *settings = (struct weft_settings){.theme = WEFT_THEME_DARK, .scale = 1};
}

/* ~/.config/weft/NAME: false when there is no home.  make: with its folders. */
static bool path_of(char *path, size_t room, const char *variable, const char *below_home,
                    const char *name, bool make)
{
    const char *base = getenv(variable), *home = getenv("HOME");
    int len;

    if (base != NULL && base[0] == '/') { /* others are to be ignored: XDG Base Directory */
        len = snprintf(path, room, "%s/weft", base);
    } else if (home != NULL && home[0] == '/') {
        len = snprintf(path, room, "%s/%s/weft", home, below_home);
    } else {
        return false;
    }
    if (len < 0 || (size_t)len + strlen(name) + 2 > room) {
        return false;
    }
    for (char *slash = strchr(path + 1, '/'); make && slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700); /* those that are there already stay as they are */
        *slash = '/';
    }
    if (make) {
        (void)mkdir(path, 0700);
    }
    (void)snprintf(path + len, room - (size_t)len, "/%s", name);
    return true;
}

static bool conf_path(char *path, size_t room, bool make)
{
    return path_of(path, room, "XDG_CONFIG_HOME", ".config", "viewer.conf", make);
}

static bool recent_path(char *path, size_t room, bool make)
{
    return path_of(path, room, "XDG_STATE_HOME", ".local/state", "viewer.recent", make);
}

static void take_line(struct weft_settings *settings, char *line)
{
    float scale = 0;
    int width = 0, height = 0;

    line[strcspn(line, "\r\n")] = '\0';
    if (strncmp(line, "theme ", 6) == 0) {
        (void)weft_theme_parse(line + 6, &settings->theme);
    } else if (strncmp(line, "language ", 9) == 0) {
        settings->has_tongue |= weft_tongue_parse(line + 9, &settings->tongue);
    } else if (sscanf(line, "scale %f", &scale) == 1) {
        settings->scale = scale >= 0.5f && scale <= 4 ? scale : settings->scale;
    } else if (sscanf(line, "window %d %d", &width, &height) == 2) {
        const bool sane = width >= 320 && width <= 16384 && height >= 200 && height <= 16384;
        settings->width = sane ? width : settings->width;
        settings->height = sane ? height : settings->height;
    } else if (strncmp(line, "trace /", 7) == 0 && settings->recent_count < WEFT_RECENT_MAX &&
               strlen(line + 6) < WEFT_RECENT_BYTES) {
        strcpy(settings->recent[settings->recent_count++], line + 6);
    }
}

static void take_file(struct weft_settings *settings, const char *path)
{
    FILE *in = fopen(path, "rb");
    char line[WEFT_RECENT_BYTES + 16];

    while (in != NULL && fgets(line, (int)sizeof line, in) != NULL) {
        take_line(settings, line);
    }
    if (in != NULL) {
        (void)fclose(in);
    }
}

void weft_settings_load(struct weft_settings *settings)
{
    char path[PATH_MAX];

    if (conf_path(path, sizeof path, false)) {
        take_file(settings, path);
    }
    if (recent_path(path, sizeof path, false)) {
        take_file(settings, path);
    }
}

void weft_settings_save(const struct weft_settings *settings)
{
    char path[PATH_MAX];
    FILE *out = conf_path(path, sizeof path, true) ? fopen(path, "wb") : NULL;

    if (out != NULL) {
        (void)fprintf(out, "theme %s\nscale %g\n", weft_theme_name(settings->theme),
                      (double)settings->scale);
        if (settings->width > 0) {
            (void)fprintf(out, "window %d %d\n", settings->width, settings->height);
        }
        if (settings->has_tongue) {
            (void)fprintf(out, "language %s\n", weft_tongue_code(settings->tongue));
        }
        (void)fclose(out);
    }
    out = recent_path(path, sizeof path, true) ? fopen(path, "wb") : NULL;
    for (uint32_t i = 0; out != NULL && i < settings->recent_count; i++) {
        (void)fprintf(out, "trace %s\n", settings->recent[i]);
    }
    if (out != NULL) {
        (void)fclose(out);
    }
}

void weft_settings_opened(struct weft_settings *settings, const char *path)
{
    char full[PATH_MAX];
    uint32_t at = 0;

    if (realpath(path, full) == NULL || strlen(full) >= WEFT_RECENT_BYTES ||
        strpbrk(full, "\r\n") != NULL) {
        return;
    }
    while (at < settings->recent_count && strcmp(settings->recent[at], full) != 0) {
        at++;
    }
    if (at == settings->recent_count && settings->recent_count < WEFT_RECENT_MAX) {
        settings->recent_count++;
    }
    at = at == WEFT_RECENT_MAX ? WEFT_RECENT_MAX - 1 : at;
    memmove(settings->recent[1], settings->recent[0], (size_t)at * WEFT_RECENT_BYTES);
    strcpy(settings->recent[0], full);
}
