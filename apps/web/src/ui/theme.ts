import '@mui/material/themeCssVarsAugmentation';
import { createTheme } from '@mui/material/styles';

/**
 * @file The look: the only place that styles MUI globally. Petrol for what can be done, amber for what needs attention,
 * warm greys for the rest. Contrast of text is 4.5:1 or better in both schemes, of controls 3:1.
 */

/** Where the chosen scheme is kept; `public/scheme.js` reads the same key before the first paint. */
export const modeStorageKey = 'dropsafe-mode';

/** For names, origins and values: all characters of a width, and `0` is not `O`. */
export const monospace =
  "ui-monospace, SFMono-Regular, 'SF Mono', Menlo, 'Cascadia Mono', 'Roboto Mono', 'DejaVu Sans Mono', monospace";

/** The theme of the web app. */
export const theme = createTheme({
  cssVariables: { colorSchemeSelector: '[data-scheme="%s"]' },
  colorSchemes: {
    light: {
      palette: {
        primary: { main: '#0c5a5b', dark: '#073f40', light: '#2f7d7d', contrastText: '#ffffff' },
        error: { main: '#b3261e' },
        warning: { main: '#955600' },
        success: { main: '#1f6b3a' },
        info: { main: '#285e8f' },
        background: { default: '#f6f5f2', paper: '#ffffff' },
        text: { primary: '#1b2324', secondary: '#545f5f' },
        divider: '#dedcd5',
      },
    },
    dark: {
      palette: {
        primary: { main: '#6fd0c8', dark: '#4bb3ab', light: '#a3e4de', contrastText: '#06292a' },
        error: { main: '#ff9a90' },
        warning: { main: '#f0b45a' },
        success: { main: '#86d19b' },
        info: { main: '#93c1ec' },
        background: { default: '#0f1415', paper: '#171e1f' },
        text: { primary: '#e8ecea', secondary: '#a5b1af' },
        divider: '#2d3738',
      },
    },
  },
  shape: { borderRadius: 8 },
  typography: {
    fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', sans-serif",
    fontSize: 14,
    h1: { fontSize: '1.625rem', fontWeight: 680, letterSpacing: '-0.018em', lineHeight: 1.25 },
    h2: { fontSize: '1.125rem', fontWeight: 650, letterSpacing: '-0.01em', lineHeight: 1.35 },
    body1: { fontSize: '0.9375rem', lineHeight: 1.55 },
    body2: { fontSize: '0.875rem', lineHeight: 1.5 },
    caption: { fontSize: '0.8125rem', lineHeight: 1.45 },
    button: { textTransform: 'none', fontWeight: 600, fontSize: '0.875rem' },
  },
  components: {
    MuiButtonBase: {
      defaultProps: { disableRipple: true },
      styleOverrides: {
        root: ({ theme: { vars } }) => ({
          '&.Mui-focusVisible, &:focus-visible': {
            outline: `2px solid ${vars.palette.primary.main}`,
            outlineOffset: 2,
          },
          // Refused with a reason (ui/DisabledReason): it stays in the tab order, so it must look the part by itself.
          '&[aria-disabled="true"]': { opacity: 0.45, cursor: 'not-allowed', boxShadow: 'none' },
        }),
      },
    },
    MuiButton: {
      defaultProps: { disableElevation: true },
      styleOverrides: { root: { minHeight: 36, paddingInline: 14, whiteSpace: 'nowrap' } },
    },
    MuiPaper: { styleOverrides: { root: { backgroundImage: 'none' } } },
    MuiOutlinedInput: {
      styleOverrides: {
        root: ({ theme: { vars } }) => ({
          backgroundColor: vars.palette.background.paper,
          // WCAG 1.4.11: the border is what shows that there is a field.
          '& .MuiOutlinedInput-notchedOutline': { borderColor: '#86908f' },
        }),
        input: ({ theme: { vars } }) => ({
          paddingBlock: 9,
          paddingInline: 12,
          height: 'auto',
          '&::placeholder': { color: vars.palette.text.secondary, opacity: 0.85 },
        }),
        adornedStart: { paddingLeft: 12, '& input': { paddingLeft: 0 } },
      },
    },
    MuiDialog: {
      styleOverrides: {
        paper: ({ theme: { vars } }) => ({
          borderRadius: 14,
          border: `1px solid ${vars.palette.divider}`,
          '&.MuiDialog-paperFullScreen': { borderRadius: 0, border: 0 },
        }),
      },
    },
    MuiAlert: { styleOverrides: { message: { minWidth: 0, flex: 1, overflowWrap: 'anywhere' } } },
    MuiTableCell: {
      styleOverrides: {
        root: ({ theme: { vars } }) => ({
          borderColor: vars.palette.divider,
          paddingBlock: 10,
          paddingInline: 12,
        }),
        head: ({ theme: { vars } }) => ({
          color: vars.palette.text.secondary,
          fontSize: '0.8125rem',
          fontWeight: 600,
          lineHeight: 1.4,
          whiteSpace: 'nowrap',
        }),
      },
    },
    MuiTooltip: {
      defaultProps: { arrow: true, enterDelay: 300 },
      // white-space: it stands beside its button, which may be in a cell that does not wrap.
      styleOverrides: { tooltip: { fontSize: '0.8125rem', maxWidth: 320, whiteSpace: 'normal' } },
    },
    MuiMenuItem: {
      styleOverrides: {
        root: {
          minHeight: 40,
          fontSize: '0.875rem',
          '@media (min-width:600px)': { minHeight: 36 },
        },
      },
    },
    MuiSwitch: {
      styleOverrides: {
        // WCAG 1.4.11: off must be seen as well as on.
        track: ({ theme: { vars } }) => ({
          backgroundColor: vars.palette.text.secondary,
          opacity: 0.8,
        }),
      },
    },
    MuiFormHelperText: { styleOverrides: { root: { marginInline: 0, fontSize: '0.8125rem' } } },
    MuiCssBaseline: {
      styleOverrides: {
        body: { overflowWrap: 'break-word', minWidth: 320 },
        'code, kbd, samp': { fontFamily: monospace, fontSize: '0.92em' },
      },
    },
  },
});
