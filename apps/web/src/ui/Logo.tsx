import Box from '@mui/material/Box';

/** The mark: a safe, and a key card dropping into its slot. Decorative; the name stands beside it. */
export function Logo({ size = 30 }: { size?: number }) {
  return (
    <Box
      component="svg"
      viewBox="0 0 32 32"
      aria-hidden="true"
      sx={{ width: size, height: size, flexShrink: 0, color: 'primary.main' }}
    >
      <rect x="10.5" y="1.5" width="11" height="12" rx="2" fill="#f0b45a" />
      <rect x="13.5" y="4.5" width="5" height="1.8" rx="0.9" fill="#7a4a00" />
      <path
        d="M7 27h4v2.5a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1zm14 0h4v2.5a1 1 0 0 1-1 1h-2a1 1 0 0 1-1-1z"
        fill="currentColor"
      />
      <rect x="3" y="9" width="26" height="19.5" rx="4.5" fill="currentColor" />
      <Box component="g" sx={{ color: 'primary.contrastText' }} fill="none" stroke="currentColor">
        <path d="M8.5 12.8h15" strokeWidth="1.8" strokeLinecap="round" />
        <circle cx="16" cy="20.6" r="3.9" strokeWidth="1.9" />
        <path d="M16 20.6v-2" strokeWidth="1.9" strokeLinecap="round" />
      </Box>
    </Box>
  );
}
