import type { SxProps, Theme } from '@mui/material/styles';
import { monospace } from '../ui/theme.ts';

/**
 * @file How the editor looks: as the other fields do. Its own sheet stands before those of the theme in the document, so
 * these rules win where they are as specific.
 */

/** Of the frame around the editor. */
export const editorStyles =
  (isMultiline: boolean): SxProps<Theme> =>
  ({ vars: { palette }, typography }) => ({
    alignItems: isMultiline ? 'flex-start' : 'center',
    pr: 0.5,
    // A width of its own would be that of the text, and a long one would make the form as wide.
    '& .ds-editor': { p: 0, width: 0, flex: 1 },
    '& .cm-editor.cm-focused': { outline: 'none' },
    '& .cm-editor .cm-scroller': {
      fontFamily: monospace,
      fontSize: '0.9375rem',
      lineHeight: 1.4375,
      maxHeight: 288,
      overflow: isMultiline ? 'auto' : 'auto hidden',
      // As an input of one line: it scrolls with the caret, and has no bar of its own.
      scrollbarWidth: isMultiline ? 'thin' : 'none',
      borderRadius: 'inherit',
    },
    '& .cm-editor .cm-content': {
      py: '9px',
      minHeight: isMultiline ? 'calc(3 * 1.4375 * 0.9375rem + 18px)' : 0,
      caretColor: palette.text.primary,
    },
    '& .cm-editor .cm-line': { px: 1.5 },
    '& .cm-editor .cm-placeholder': { color: 'text.secondary', opacity: 0.85 },
    '& .cm-editor .cm-specialChar': { color: 'error.main' },
    '& .ds-mistake': {
      textDecoration: `underline wavy 1.5px ${palette.error.main}`,
      textDecorationSkipInk: 'none',
      textUnderlineOffset: '4px',
    },
    '& .ds-chip': {
      display: 'inline-flex',
      alignItems: 'center',
      maxWidth: '100%',
      px: '6px',
      mx: '1px',
      height: '1.25rem',
      verticalAlign: 'middle',
      border: '1px solid',
      borderColor: 'primary.main',
      borderRadius: '6px',
      color: 'primary.main',
      bgcolor: `color-mix(in srgb, ${palette.primary.main} 9%, transparent)`,
      fontSize: '0.8125rem',
      lineHeight: 1,
      whiteSpace: 'pre',
      cursor: 'default',
      '& svg': { width: 14, height: 14, mr: '4px', fill: 'currentcolor', flexShrink: 0 },
    },
    '& .ds-chip-name': { overflow: 'hidden', textOverflow: 'ellipsis', lineHeight: 1.3 },
    '& .ds-chip.ds-wrong': {
      borderColor: 'error.main',
      color: 'error.main',
      bgcolor: `color-mix(in srgb, ${palette.error.main} 9%, transparent)`,
      '& .ds-chip-name': {
        textDecoration: 'underline wavy 1px',
        textDecorationSkipInk: 'none',
        textUnderlineOffset: '2px',
      },
    },
    '& .cm-editor .cm-tooltip': {
      zIndex: 'tooltip',
      mt: 0.5,
      border: '1px solid',
      borderColor: 'divider',
      borderRadius: 1,
      bgcolor: 'background.paper',
      color: 'text.primary',
      boxShadow: 8,
      overflow: 'hidden',
    },
    '& .cm-editor .cm-tooltip.cm-tooltip-autocomplete > ul': {
      fontFamily: monospace,
      fontSize: '0.875rem',
      minWidth: 240,
      maxWidth: 'min(440px, calc(100vw - 24px))',
      maxHeight: 'min(420px, 45vh)',
      py: 0.5,
      '& > li': {
        display: 'flex',
        flexDirection: 'column',
        justifyContent: 'center',
        minHeight: 36,
        px: 1.5,
        py: 0.5,
        lineHeight: 1.4,
        whiteSpace: 'normal',
        overflowWrap: 'anywhere',
      },
      '& > li[aria-selected]': { bgcolor: 'action.selected', color: 'text.primary' },
      '& > li.ds-refused .cm-completionLabel': { color: 'text.secondary' },
    },
    '& .cm-editor .cm-completionMatchedText': { textDecoration: 'none', fontWeight: 700 },
    '& .cm-editor .cm-completionDetail': {
      ml: 0,
      fontFamily: typography.fontFamily,
      fontStyle: 'normal',
      fontSize: '0.8125rem',
      color: 'text.secondary',
    },
  });
